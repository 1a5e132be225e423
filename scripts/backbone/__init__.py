"""How the backbone that ships with styleid is made: pictures, teachers, training, judgement."""

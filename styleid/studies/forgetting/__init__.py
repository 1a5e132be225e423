"""Whether retraining one model from hand to hand forgets."""

"""What a verdict on one picture rests on."""

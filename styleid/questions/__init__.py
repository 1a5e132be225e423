"""What is asked of a fit or of a set: a folder a question, with its measure, words and plot."""

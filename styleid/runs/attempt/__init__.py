"""From a folder of pictures to an answer, by one command."""

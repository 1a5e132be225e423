"""What is looked at: the projection, the plots and the page of one run."""

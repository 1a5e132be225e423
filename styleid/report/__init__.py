"""A toolbox for pages and plots; it knows no question."""

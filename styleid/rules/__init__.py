"""What is applied to scores and distances, and ships beside a head."""

"""Golden runs: what every command writes, made by one commit and compared with another's."""

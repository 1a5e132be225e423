"""What each command does, a folder a command."""

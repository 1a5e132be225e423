"""The local page: pictures are dropped on it, and it shows what their verdicts rest on."""

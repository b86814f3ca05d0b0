"""Images that are read pixel by pixel."""

"""What is compared: trials and studies as data."""

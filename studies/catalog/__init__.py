"""The studies that come with memnets, one file each."""

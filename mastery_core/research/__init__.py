"""What researchers learn from what learners did, without learning who they are."""

"""What others read: the sync manifest."""

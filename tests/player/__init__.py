"""What the tests of the player need."""

"""What tools/demo is made of: the play, the far end that listens, and the verdict on what arrived there."""

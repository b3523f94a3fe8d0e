"""BleedOrigin-Net (BleedOrigin 4): the onset frame, the source in it, and the source followed from there."""

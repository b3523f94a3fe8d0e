"""Track-On v1 (Aydemir et al., ICLR 2025) in plain PyTorch: points followed frame by frame with a memory of each."""

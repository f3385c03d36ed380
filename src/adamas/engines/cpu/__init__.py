"""The CPU engine: Programs compiled to fused, vectorised passes over all tensors, through LLVM."""

"""BlooDet (SurgBlood 4): bleeding region and bleeding source of every frame, online, on SAM 2."""

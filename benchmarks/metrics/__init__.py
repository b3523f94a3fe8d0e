"""What is measured: pure functions of predictions beside truth."""

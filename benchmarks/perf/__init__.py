"""Speed scripts: each times bleedkit against a peer side by side in one run and prints the ratio."""

"""The papers' own figures, as reported, and our runs in their tables' form."""

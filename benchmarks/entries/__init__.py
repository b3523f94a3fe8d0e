"""The benchmark's models by name: what each is, how it is trained, how it is asked."""

"""The HTTP surface: what sites and programs ask for, over one port."""

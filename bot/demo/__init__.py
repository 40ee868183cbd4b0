"""The sample articles and the story that `paperboy demo` plays."""

"""Articles go out: announced articles become deliveries (plan, digest), which the worker claims and sends."""

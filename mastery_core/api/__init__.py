"""The REST API: what a tutor writes, and what anybody may ask about a learner whom they may see."""

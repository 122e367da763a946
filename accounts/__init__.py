"""Users, profiles, skills, login and tokens."""

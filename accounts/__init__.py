"""Who people are: users, profiles, skills, sign-in and tokens."""

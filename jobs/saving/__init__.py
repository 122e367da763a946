"""What job seekers save: jobs, and searches whose new jobs they are told of."""

"""/sitemap.xml, /feeds/, /robots.txt."""

from django.urls import path

from jobs.outside import views

urlpatterns = [
    path("sitemap.xml", views.SitemapView.as_view(), name="sitemap"),
    path("feeds/jobs.xml", views.JobFeedView.as_view(), name="job-feed"),
    path("feeds/jobs.rss", views.RSSView.as_view(), name="job-rss"),
    path("robots.txt", views.RobotsView.as_view(), name="robots"),
]

"""Jobs for search engines, aggregators and feed readers."""

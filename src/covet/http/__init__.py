"""
The words of HTTP: headers, cookies, URLs, queries, forms, requests, responses. No routing in here.
"""

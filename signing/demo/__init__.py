"""Demonstration keys: a plainly fictional CA with people, agencies, time stamps, OCSP and revocation lists.

For `bin/dev`, the story and the tests. Needs the development requirements (certomancer). A real installation never
trusts it: trust is what the caller hands to `verify`, and these roots are marked as demonstration roots where stored.
"""

"""The place of the built-in home of sign-on: what is proved at it, second factors, codes, slowing down of guessers."""

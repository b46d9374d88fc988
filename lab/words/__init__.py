"""Sentences, made last: reasons, steps and decisions said in a language, from values and never from other sentences.

`english` is the table of what codes mean; a second language is one more table like it. `decisions` and `steps` put the
parts together. Nothing above may compare a sentence with another or look into one.
"""

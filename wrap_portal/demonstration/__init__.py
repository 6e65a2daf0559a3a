"""Five councils with invented schools, people and training, shaped on published figures."""

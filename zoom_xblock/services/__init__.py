"""
The only writers: verbs, keyword arguments, ids. Edges (block, views, admin, tasks, commands) call one of them each.
"""

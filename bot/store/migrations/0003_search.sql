-- Search has an index of its own, in a folder beside the store, that follows article.changed_seq (store/upkeep.py).

DROP TABLE article_search;
CREATE UNIQUE INDEX article_changed ON article (changed_seq);  -- indexing.CHANGED

-- What was written before: the words are worked out anew.

update content set title = title;

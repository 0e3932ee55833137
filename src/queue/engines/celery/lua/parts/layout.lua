--- Where Celery keeps what is its own: the prefix of its keys, how long results are kept (ms), and the numbers of the databases of ledger and
--- results. They come last in ARGV. Keys of the ledger that only Celery's steps use: `unanswered` ids that ended without a run that could see to
--- what follows, by time · `revoked` ids by time · `identity` · chord:<group> parts that were counted · `out` notes by number · `outseq`.
local G = ARGV[#ARGV - 3]

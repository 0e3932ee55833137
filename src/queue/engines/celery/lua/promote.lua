--- Queues what has become due. Sends again what was not sent as well, since a process that only calls does no more than this.
--- Keys: due, t:, counts, outgoing
--- Arguments: none
--- Answer: how many became due
--- @include promote, answer
send_again() --- @has send-again
return answer(promote())

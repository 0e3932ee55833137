--- Ends are answered for.
--- Keys: unanswered, t:, and those of `finish`
--- Arguments: n, n × (id, whether its message is kept for a retry (1 or 0), followers)
--- Answer: 1
--- @include followers, answer
for _ = 1, number() do
  local id, keeps = arg(), arg() == '1'
  local _, sends, others = read_followers()
  -- Unless it was retried meanwhile.
  if call('ZREM', P .. 'unanswered', id) == 1 then
    if not keeps then call('HDEL', key(id), 'sent') end
    follow(sends, others)
  end
end
return answer(1)

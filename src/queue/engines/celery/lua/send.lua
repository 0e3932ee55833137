--- Hands messages to the broker.
--- Keys: outgoing, out, outseq, or the broker's lists
--- Arguments: n, n × (id, queue, message)
--- Answer: 1
--- @include push, answer
for _ = 1, number() do
  local id, queue, message = arg(), arg(), arg()
  wakes[queue] = true --- @has wakes
  push(id, queue, message)
end
return answer(1)

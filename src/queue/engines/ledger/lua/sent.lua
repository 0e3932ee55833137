--- What was noted for a process has been sent by it; wakes workers.
--- Keys: outgoing
--- Arguments: n, n × note, m, m × queue whose workers are to be woken
--- Answer: 1
--- @include many
local notes, queues = {}, {}
for i = 1, number() do
  notes[i] = arg()
  confirm(notes[i]) --- @has confirm
end
many('ZREM', P .. 'outgoing', notes)
for i = 1, number() do queues[i] = arg() end
if #queues > 0 then call('PUBLISH', P .. 'wake', table.concat(queues, '\n')) end
return { 1, {} }

--- Somebody else will send these tasks; until then they wait. What they are is told by the messages that come.
--- Keys: t:, all, seq, counts
--- Arguments: n, n × task (see `read_task`)
--- Answer: 1
--- @include read-task, noted, change, answer
for _ = 1, number() do
  local task = read_task()
  if call('EXISTS', key(task.id)) == 0 then
    call('HSET', key(task.id), 'expected', '1', unpack(task.fields))
    listed[#listed + 1] = task.id
    change(task.id, task.queue, nil, 'scheduled')
  end
end
return answer(1)

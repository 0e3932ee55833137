--- push(id, queue, message): notes a task for the process that called, which gives it to BullMQ. Where the message is 'kept', BullMQ has the job
--- still, and is told by the process that ended the run.
--- @include together
local function push(id, _, message)
  if message ~= 'kept' then together[#together + 1] = id end
end

--- Stores tasks, all or none.
--- Keys: t:, all, seq, due, expiring, uq:, dep:, counts, outgoing, done:
--- Arguments: n, n × task (see `read_task`)
--- Answer: id, whether it was created (1 or 0), for each task; or a name and the id that it waits for, which nobody knows, in two lines
--- @include read-task, present, named, add, answer
-- Whether all of them are unknown yet, and no two the same.
local function are_new(tasks)
  local seen, keys = {}, {}
  for i, task in ipairs(tasks) do
    if seen[task.id] then return false end
    seen[task.id], keys[i] = true, key(task.id)
  end
  return present(keys) == 0
end

local function unknown_before(tasks)
  local batch
  for _, task in ipairs(tasks) do
    for _, before in ipairs(task.after) do
      if not batch then
        batch = {}
        for _, other in ipairs(tasks) do batch[other.id] = true end
      end
      if not batch[before] and call('EXISTS', key(before)) == 0 then return named(task.body) .. '\n' .. before end
    end
  end
end

local tasks = {}
for i = 1, number() do tasks[i] = read_task() end
local unknown = unknown_before(tasks)
if unknown then return { unknown, {} } end
local results, isNew = {}, are_new(tasks)
for _, task in ipairs(tasks) do
  local id, created = add(task, isNew)
  results[#results + 1] = id
  results[#results + 1] = created
end
return answer(results)

--- Stores tasks that are due, wait for nothing, and differ in their ids.
--- Keys: t:, all, seq, counts, outgoing
--- Arguments: (id, queue, body) for each
--- Answer: the places of those that were known already, from 0
--- @include present, count, tell, noted, together, push, answer
local keys, places = {}, {}
for i = 1, (#ARGV - 2) / 3 do keys[i] = key(ARGV[3 * i]) end
local known = present(keys)
for i = 1, #keys do
  local id, queue = ARGV[3 * i], ARGV[3 * i + 1]
  if known > 0 and call('EXISTS', keys[i]) == 1 then
    places[#places + 1] = i - 1
  else
    call('HSET', keys[i], 'state', 'queued', 'queue', queue, 'body', ARGV[3 * i + 2])
    count(queue, 'queued', 1)
    listed[#listed + 1], changed[#changed + 1] = id, id
    push(id)
  end
end
all_new = #places == 0
return answer(places)

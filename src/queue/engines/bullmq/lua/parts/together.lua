--- What is to be noted as one, and whether it is all new.
local together, all_new = {}, false

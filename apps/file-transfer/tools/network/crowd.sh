# crowd

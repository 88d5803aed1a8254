// Blocks of addresses that one server reserves.
import { leases4 } from './leases.ts';
import { offerBlocksContract } from './offer-blocks-contract.ts';

offerBlocksContract(leases4);
